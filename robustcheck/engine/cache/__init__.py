"""The cache of records: under which name a case is kept, and what is believed of it."""
