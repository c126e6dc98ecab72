"""Other hosts for the kernel than the engine of this package: who keeps the time, the history and the work is somebody else.

Nothing here is imported unless it is asked for by its name; each host needs the extra of its own name.
"""
