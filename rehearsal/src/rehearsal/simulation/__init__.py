"""`hadir simulate`: days in simulated time, one seed each, with faults in clock, disk and network."""
