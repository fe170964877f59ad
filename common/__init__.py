"""What both services need, written once. It imports neither of them."""
