"""What words mean, as data that plugins register: types of values, attributes, nouns, verbs."""

from vnetsh.schema.answer import Answer as Answer
from vnetsh.schema.kind import Effect as Effect, Kind as Kind, Scope as Scope, Verb as Verb
from vnetsh.schema.sentence import Attribute as Attribute, Part as Part, SentenceSchema as SentenceSchema
from vnetsh.schema.values import (
    BRIDGE as BRIDGE,
    ENDS as ENDS,
    FLAG as FLAG,
    HOST as HOST,
    HOSTS as HOSTS,
    PORT as PORT,
    VM as VM,
    Address as Address,
    Amount as Amount,
    BadValue as BadValue,
    Choice as Choice,
    Duration as Duration,
    Integer as Integer,
    Mac as Mac,
    Name as Name,
    Rate as Rate,
    Size as Size,
    Subnet as Subnet,
    Text as Text,
    ValueType as ValueType,
)
from vnetsh.schema.vocabulary import CONTROL as CONTROL, Vocabulary as Vocabulary
