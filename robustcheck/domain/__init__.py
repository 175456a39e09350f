"""What a suite, its entries and its results mean: plain values, which import nothing but the core."""
