"""The menu, the inbox, and the frame of a page: gathered from what each app registered."""
