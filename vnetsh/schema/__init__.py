"""What words mean, as data that plugins register: types of values, attributes, nouns, verbs."""

from vnetsh.schema.answer import Answer as Answer, Foreseen as Foreseen, Going as Going
from vnetsh.schema.kind import (
    Effect as Effect,
    Kind as Kind,
    Scope as Scope,
    Told as Told,
    Verb as Verb,
    attributes_of as attributes_of,
)
from vnetsh.schema.sentence import (
    Attribute as Attribute,
    Block as Block,
    Part as Part,
    SentenceSchema as SentenceSchema,
)
from vnetsh.schema.value_addresses import (
    Address as Address,
    AddressRange as AddressRange,
    InterfaceAddress as InterfaceAddress,
    Ipv4Address as Ipv4Address,
    Mac as Mac,
    Subnet as Subnet,
)
from vnetsh.schema.value_names import (
    ANY as ANY,
    BRIDGE as BRIDGE,
    ENDS as ENDS,
    HOST as HOST,
    HOST_OR_ANY as HOST_OR_ANY,
    HOSTS as HOSTS,
    NIC as NIC,
    PORT as PORT,
    ROOT as ROOT,
    VM as VM,
    VM_LIST as VM_LIST,
    VM_NAME as VM_NAME,
    VMS as VMS,
    Name as Name,
)
from vnetsh.schema.value_numbers import (
    NumberOr as NumberOr,
    Percent as Percent,
    Ranges as Ranges,
    RangesOr as RangesOr,
)
from vnetsh.schema.values import (
    FLAG as FLAG,
    Amount as Amount,
    BadValue as BadValue,
    Choice as Choice,
    Duration as Duration,
    Integer as Integer,
    Rate as Rate,
    Size as Size,
    Text as Text,
    ValueType as ValueType,
)
from vnetsh.schema.vocabulary import CONTROL as CONTROL, Vocabulary as Vocabulary
