"""What every office page shares: its frame, its language, its headers and its texts."""
