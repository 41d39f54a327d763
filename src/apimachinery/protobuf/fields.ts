/**
 * The fields of all messages, by package (the part of a definition's name before the last dot), then by name. A field is
 * a word `name:number:type`. The type is a scalar, a message of the same package (`PodSpec`), or one of another:
 * `meta.ObjectMeta`, `resource.Quantity`, `core.v1.Pod`. `[]` in front means repeated, `{}` a map from string. `^` behind
 * it: the message's fields stand in the parent's JSON. `!` behind it: 0, false and '' say something, because Go keeps a
 * pointer or always writes the field in JSON; elsewhere such a value means that the field is not set.
 */
export type MessageFacts = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type Shape = 'single' | 'list' | 'map';

export interface Field {
  /** As in JSON. */
  readonly name: string;
  readonly number: number;
  /** A scalar's name, or the definition's name of a message. */
  readonly type: string;
  readonly shape: Shape;
  readonly inline: boolean;
  readonly keepsZero: boolean;
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const aliases: Readonly<Record<string, string>> = {
  meta,
  resource: 'io.k8s.apimachinery.pkg.api.resource',
  runtime: 'io.k8s.apimachinery.pkg.runtime',
  intstr: 'io.k8s.apimachinery.pkg.util.intstr',
};
const shapes: Readonly<Record<string, Shape>> = { '': 'single', '[]': 'list', '{}': 'map' };
const scalar = /^(string|bytes|bool|int32|int64|double)$/;

/** The fields of the message that `definition` is, in the order of their numbers; undefined when they are not known. */
export function fieldsOf(facts: MessageFacts, definition: string): readonly Field[] | undefined {
  const [home, name] = splitName(definition);
  const messages = Object.hasOwn(facts, home) ? facts[home]! : {};
  if (Object.hasOwn(messages, name))
    return messages[name]!.split(' ')
      .filter(Boolean)
      .map((word) => parse(word, home));
  const item = name.endsWith('List') ? name.slice(0, -4) : '';
  return Object.hasOwn(messages, item) ? listFields(`${home}.${item}`) : undefined;
}

/** The names of the scalar fields of a message for which 0, false and '' mean that they are not set. */
export function unsetZeros(facts: MessageFacts, definition: string): ReadonlySet<string> {
  const fields = fieldsOf(facts, definition) ?? [];
  const unset = fields.filter((f) => f.shape === 'single' && scalar.test(f.type) && !f.keepsZero);
  return new Set(unset.map((f) => f.name));
}

/** All lists of objects are alike. */
function listFields(item: string): Field[] {
  const common = { inline: false, keepsZero: false };
  return [
    { ...common, name: 'metadata', number: 1, type: `${meta}.ListMeta`, shape: 'single' },
    { ...common, name: 'items', number: 2, type: item, shape: 'list' },
  ];
}

function parse(word: string, home: string): Field {
  const [, name, number, shape, type, mark] = /^([\w$-]+):(\d+):(\[\]|\{\}|)([\w.-]+)([!^]?)$/.exec(word) ?? [];
  if (!name) throw new Error(`the fact about a protobuf field is not understood: ${JSON.stringify(word)}`);
  return {
    name,
    number: Number(number),
    type: fullType(type!, home),
    shape: shapes[shape!]!,
    inline: mark === '^',
    keepsZero: mark === '!',
  };
}

function fullType(type: string, home: string): string {
  if (scalar.test(type)) return type;
  const [first, name] = splitName(type);
  if (!first) return `${home}.${name}`;
  return `${aliases[first] ?? `io.k8s.api.${first}`}.${name}`;
}

function splitName(name: string): [string, string] {
  const dot = name.lastIndexOf('.');
  return [name.slice(0, Math.max(dot, 0)), name.slice(dot + 1)];
}
