"""The front door of a site on one machine: the phone's static shell, and the way to the gate and the office behind it.

In a bigger installation nginx stands here. The door keeps no state and judges nothing; when the gate or the office is
away, the shell is still served, so that a phone can be enrolled and a tap be taken. A request is whole before anything
is asked behind the door, and goes on with the length of its own body: nothing of how a caller framed it does
(docs/decisions/0041-the-door-uses-the-gates-http-reader.md).
"""
