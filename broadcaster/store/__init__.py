"""What is kept, and the only SQL in the house. Functions take a connection and are synchronous."""
