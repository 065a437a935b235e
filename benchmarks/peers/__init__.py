"""Other ways to the same frame: each a module with `run(folder)` that lists and reads it all.

Seven columns: event_time (parsed, UTC), event_name, event_source, source_ip_address, error_code,
event_id, user_arn.
"""
