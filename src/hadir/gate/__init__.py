"""WHERE TAPS COME IN: a tiny program that takes signed records, makes them durable, and answers with a proof.

`step` decides; `batch_writer` waits, appends and answers; `app` speaks HTTP; `program` starts and stops them.
"""
