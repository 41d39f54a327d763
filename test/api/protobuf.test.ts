import { expect } from 'chai';
import { definitions, protobufFacts } from '../../src/api/definitions.ts';
import { kinds } from '../../src/api/index.ts';
import { definitionOf, protobuf } from '../../src/api/protobuf.ts';
import { fieldsOf, type Field } from '../../src/apimachinery/protobuf/fields.ts';
import type { Schema } from '../../src/apimachinery/schema/schema.ts';

const REF = '#/definitions/';
const inText = (short: string) => short === 'FieldsV1' || short === 'RawExtension' || short === 'JSON';
/** By the last part of a definition's name, what a field of that type may hold. */
const scalarExamples: Readonly<Record<string, unknown>> = {
  Quantity: '100m',
  IntOrString: 'http',
  Time: '2026-01-02T03:04:05Z',
  MicroTime: '2026-01-02T03:04:05.678901Z',
  Duration: '1h2m3.5s',
  JSONSchemaPropsOrBool: { type: 'string' },
  JSONSchemaPropsOrArray: [{ type: 'string' }],
  JSONSchemaPropsOrStringArray: ['a'],
};

/** A value with every field of a schema set, down to where it would repeat itself; undefined there. */
function example(schema: Schema, above: readonly string[]): unknown {
  if (schema.$ref) return referenced(schema.$ref.slice(REF.length), above);
  if (schema.items) return several(example(schema.items, above), (item) => [item, item]);
  if (schema.additionalProperties)
    return several(example(schema.additionalProperties as Schema, above), (item) => ({ a: item, 'ü/b': item }));
  if (schema.properties) return object(schema.properties, above);
  switch (schema.type) {
    case 'string':
      return schema.format === 'byte' ? 'aGVsbG8=' : 'text';
    case 'integer':
      return schema.format === 'int64' ? Number.MAX_SAFE_INTEGER - above.length : -above.length - 1;
    case 'number':
      return 1.5;
    case 'boolean':
      return true;
    default:
      return {};
  }
}

function several(item: unknown, make: (item: unknown) => unknown): unknown {
  return item === undefined ? undefined : make(item);
}

function referenced(name: string, above: readonly string[]): unknown {
  const short = name.split('.').at(-1)!;
  if (inText(short)) return { 'f:x': [1, 'b', null] };
  if (Object.hasOwn(scalarExamples, short)) return scalarExamples[short];
  if (above.includes(name)) return undefined;
  return example(definitions().get(name)!, [...above, name]);
}

function object(properties: Readonly<Record<string, Schema>>, above: readonly string[]): unknown {
  const made = Object.entries(properties)
    .filter(([field]) => !isTypeOfObject(field, properties))
    .map(([field, schema]) => [field, example(schema, above)]);
  return Object.fromEntries(made.filter(([, value]) => value !== undefined));
}

/** Objects with metadata, and options, have their type in the envelope. */
function isTypeOfObject(field: string, properties: object): boolean {
  const isObject = 'metadata' in properties || 'dryRun' in properties;
  return isObject && (field === 'apiVersion' || field === 'kind');
}

describe('protobuf of the built-in kinds', () => {
  for (const { group, version, kind, definition } of kinds) {
    it(`keeps every field of ${version} ${kind}${group && ` of ${group}`}`, () => {
      const rich = example({ $ref: REF + definition }, []) as object;
      expect(rich).not.to.deep.equal({});
      expect(protobuf().decode(definition, protobuf().encode(definition, rich))).to.deep.equal(rich);
    });
  }

  it('has a message for every kind, its list and its subresources', () => {
    const bodies = kinds.flatMap((k) => [
      k.definition,
      `${k.definition}List`,
      ...k.subresources.flatMap((s) => s.definition ?? []),
    ]);
    expect(bodies.filter((name) => !protobuf().knows(name) && !isEphemeralList(name))).to.deep.equal([]);
  });

  it('has no message for custom resources', () => {
    for (const name of ['com.example.v1.CronTab', '', 'constructor'])
      expect(protobuf().knows(name), name).to.equal(false);
  });

  it('has the fields of the OpenAPI definitions, by the same names', () => {
    const wrong: string[] = [];
    for (const name of definitions().names()) {
      const { properties } = definitions().get(name)!;
      if (!properties || !protobuf().knows(name)) continue;
      const known = new Set(jsonFields(name));
      for (const field of Object.keys(properties)) {
        if (!known.has(field) && field !== 'apiVersion' && field !== 'kind')
          wrong.push(`${name}.${field} has no number`);
      }
      for (const field of known)
        if (!Object.hasOwn(properties, field)) wrong.push(`${name}.${field} is not in the definition`);
    }
    expect(wrong).to.deep.equal([]);
  });

  it('gives no number of a message twice', () => {
    const doubled = Object.entries(protobufFacts()).flatMap(([home, messages]) =>
      Object.keys(messages).filter((name) => {
        const numbers = fieldsOf(protobufFacts(), `${home}.${name}`)!.map((f) => f.number);
        return new Set(numbers).size !== numbers.length;
      }),
    );
    expect(doubled).to.deep.equal([]);
  });

  it('finds definitions by type', () => {
    expect(definitionOf('v1', 'Pod')).to.equal('io.k8s.api.core.v1.Pod');
    expect(definitionOf('apps/v1', 'Deployment')).to.equal('io.k8s.api.apps.v1.Deployment');
    expect(definitionOf('v1', 'Status')).to.equal('io.k8s.apimachinery.pkg.apis.meta.v1.Status');
    expect(definitionOf('example.com/v1', 'Pod')).to.equal(undefined);
  });
});

/** The kinds that are questions have no lists. */
function isEphemeralList(name: string): boolean {
  return kinds.some((k) => k.ephemeral && `${k.definition}List` === name);
}

/** A message's fields as JSON has them. */
function jsonFields(definition: string): string[] {
  const fields = fieldsOf(protobufFacts(), definition)!;
  return fields.flatMap((field: Field) => (field.inline ? jsonFields(field.type) : [field.name]));
}
