"""What was collected and is no longer needed: two people decide that it is erased, the gate erases it."""
