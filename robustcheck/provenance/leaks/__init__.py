"""Pictures that lie in both the test and the training set."""
