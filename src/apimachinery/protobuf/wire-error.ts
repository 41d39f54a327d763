/** What was sent is no protobuf, or not of the message that it should be. Its text ends a sentence. */
export class WireError extends Error {}
