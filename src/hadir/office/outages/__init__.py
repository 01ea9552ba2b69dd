"""Outages: measured from the journals and from the phones, proposed as excuses, and told in a Berita Acara."""
