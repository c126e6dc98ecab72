"""Behind the scenes of `oyiflow.testing`: sample values, the search for ways through a process, people, and the play itself."""
