"""Which host takes which vm, and in which order they go. Pure."""

from vnetsh.placement.balancing import balance as balance
from vnetsh.placement.choosing import Choice as Choice, choose as choose
from vnetsh.placement.seating import Guest as Guest, Move as Move, Room as Room, Seating as Seating
from vnetsh.placement.waves import waves as waves
