import { conversions } from './conversions.ts';
import { fieldsOf, type MessageFacts } from './fields.ts';
import { Message, type JsonObject } from './message.ts';
import { WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

/** Translates objects between their JSON value and Kubernetes' protobuf messages, type by type. */
export class ProtobufCodec {
  readonly #facts: MessageFacts;
  readonly #messages = new Map<string, Message | undefined>();
  readonly #writer = new WireWriter();

  constructor(facts: MessageFacts) {
    this.#facts = facts;
  }

  /** Whether objects of this definition (`io.k8s.api.core.v1.Pod`) have a protobuf form. Custom resources have none. */
  knows(definition: string): boolean {
    return this.#find(definition) !== undefined;
  }

  /** The message of a valid object, without an envelope. Type and unknown fields are left out. */
  encode(definition: string, object: object): Buffer {
    this.#writer.clear();
    this.#message(definition).writeFields(this.#writer, object);
    return this.#writer.take();
  }

  /**
   * The JSON value of a message, without `apiVersion` and `kind`. Fields that Go writes although they are not set are
   * left out, as JSON does; the value is not checked against the schema.
   * @throws WireError when the bytes are no such message; ApiError BadRequest when JSON inside of them is none
   */
  decode(definition: string, bytes: Buffer): JsonObject {
    const object: JsonObject = {};
    this.#message(definition).readFields(object, new WireReader(bytes), 0);
    return object;
  }

  #find(definition: string): Message | undefined {
    if (this.#messages.has(definition)) return this.#messages.get(definition);
    const fields = fieldsOf(this.#facts, definition);
    const conversion = Object.hasOwn(conversions, definition) ? conversions[definition] : undefined;
    const message = fields && new Message(fields, (name) => this.#message(name), conversion);
    // A name that is not known may come from outside, so it is not kept.
    if (message) this.#messages.set(definition, message);
    return message;
  }

  #message(definition: string): Message {
    const message = this.#find(definition);
    if (!message) throw new Error(`there are no facts about the protobuf message ${definition}`);
    return message;
  }
}
