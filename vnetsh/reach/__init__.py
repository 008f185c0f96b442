"""Who reaches whom: bridges joined by tunnels, patch ports and uplinks over all hosts. Pure."""

from vnetsh.reach.joints import Joint as Joint, Spot as Spot, joints as joints
from vnetsh.reach.losses import Loss as Loss, is_cut_off as is_cut_off, lost as lost
from vnetsh.reach.segments import Reach as Reach
from vnetsh.reach.ways import host_with as host_with, meet as meet
