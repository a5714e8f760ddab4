"""What the contract shows of each operation: bodies, answers, mistakes."""
