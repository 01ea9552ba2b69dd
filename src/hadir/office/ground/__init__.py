"""What every room of the office stands on: dated rows, moments, bulk writes, the installation."""
