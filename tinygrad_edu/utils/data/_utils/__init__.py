"""What a DataLoader is made of: how samples are fetched, and put together; and its workers."""
