import { expect } from 'chai';
import * as fc from 'fast-check';
import { definitions, protobufFacts } from '../../../src/api/definitions.ts';
import { isApiError } from '../../../src/apimachinery/api-error.ts';
import { ProtobufCodec } from '../../../src/apimachinery/protobuf/codec.ts';
import { WireError } from '../../../src/apimachinery/protobuf/wire-error.ts';

const core = 'io.k8s.api.core.v1';
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
const schema = `${extensions}.JSONSchemaProps`;

const codec = new ProtobufCodec(protobufFacts());
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('the protobuf codec', () => {
  /** Bytes put together by hand from the encoding's specification and the numbers of the fields. */
  const both: [string, string, object, string][] = [
    ['text', `${meta}.ObjectMeta`, { name: 'ab', uid: 'c' }, '0a 02 6162 2a 01 63'],
    ['text that is not ASCII', `${meta}.ObjectMeta`, { name: 'ü' }, '0a 02 c3bc'],
    [
      'a map of texts in the order of the keys',
      `${core}.ConfigMap`,
      { data: { b: '2', a: '1' } },
      '12 06 0a0161 120131 12 06 0a0162 120132',
    ],
    ['bytes', `${core}.ConfigMap`, { binaryData: { a: '/w==' } }, '1a 06 0a0161 1201ff'],
    ['a negative number', `${core}.PodSpec`, { priority: -1 }, 'c801 ffffffffffffffffff01'],
    ['a bool', `${core}.PodSpec`, { hostNetwork: true }, '58 01'],
    ['a double', schema, { maximum: 1.5 }, '49 000000000000f83f'],
    ['a list of numbers', `${core}.PodSecurityContext`, { supplementalGroups: [1, 300] }, '20 01 20 ac02'],
    ['a list of texts, with an empty one', `${core}.Container`, { command: ['a', ''] }, '1a 01 61 1a 00'],
    ['a message without fields', `${core}.Container`, { resources: {} }, '42 00'],
    ['fields that stand in the parent', `${core}.Volume`, { name: 'v', emptyDir: {} }, '0a 01 76 12 02 1200'],
    [
      'fields that stand in the parent, twice',
      `${core}.EphemeralContainer`,
      { name: 'c', targetContainerName: 't' },
      '0a 03 0a0163 12 01 74',
    ],
    ['a quantity', `${core}.ResourceRequirements`, { limits: { cpu: '1' } }, '0a 0a 0a 03 637075 12 03 0a0131'],
    ['a number that might be text', `${core}.HTTPGetAction`, { port: 80 }, '12 06 0800 1050 1a00'],
    ['a text that might be a number', `${core}.HTTPGetAction`, { port: 'http' }, '12 0a 0801 1000 1a04 68747470'],
    ['a time', `${meta}.ObjectMeta`, { creationTimestamp: '1970-01-01T00:01:00Z' }, '42 04 083c 1000'],
    [
      'a time before 1970',
      `${meta}.ObjectMeta`,
      { creationTimestamp: '1969-12-31T23:59:59Z' },
      '42 0d 08 ffffffffffffffffff01 1000',
    ],
    [
      'the first second of 1970',
      `${meta}.ObjectMeta`,
      { creationTimestamp: '1970-01-01T00:00:00Z' },
      '42 04 0800 1000',
    ],
    [
      'a time with microseconds',
      'io.k8s.api.coordination.v1.LeaseSpec',
      { renewTime: '1970-01-01T00:00:01.000002Z' },
      '22 05 0801 10d00f',
    ],
    [
      'the fields of a manager',
      `${meta}.ManagedFieldsEntry`,
      { fieldsV1: { 'f:a': {} } },
      `3a 0c 0a 0a ${Buffer.from('{"f:a":{}}').toString('hex')}`,
    ],
    ['any JSON', 'io.k8s.api.apps.v1.ControllerRevision', { data: [1] }, '12 05 0a 03 5b315d'],
    ['JSON that is false', schema, { default: false }, `42 07 0a 05 ${Buffer.from('false').toString('hex')}`],
    ['a list type', 'io.k8s.api.authentication.v1.UserInfo', { extra: { a: ['b'] } }, '22 08 0a0161 1203 0a0162'],
    ['a schema or false', schema, { additionalProperties: false }, 'f201 02 0800'],
    ['a schema or true', schema, { additionalProperties: true }, 'f201 02 0801'],
    ['a schema instead of a bool', schema, { additionalProperties: { type: 'a' } }, 'f201 07 0801 12 03 2a0161'],
    ['one schema for all items', schema, { items: { type: 'a' } }, 'c201 05 0a 03 2a0161'],
    ['schemas of items', schema, { items: [{ type: 'a' }] }, 'c201 05 12 03 2a0161'],
    ['a list of texts instead of a schema', schema, { dependencies: { a: ['b'] } }, '8202 08 0a0161 12 03 120162'],
    [
      'names that JSON spells otherwise',
      schema,
      { $ref: 'a', 'x-kubernetes-list-type': 'map' },
      '1a 01 61 d202 03 6d6170',
    ],
  ];
  for (const [what, definition, json, bytes] of both) {
    it(`writes and reads ${what}`, () => {
      expect(codec.encode(definition, json).toString('hex')).to.equal(hex(bytes).toString('hex'));
      expect(codec.decode(definition, hex(bytes))).to.deep.equal(json);
    });
  }

  describe('reading what Go writes', () => {
    const cases: [string, string, string, object][] = [
      ['leaves out what is not set', `${meta}.ObjectMeta`, '0a0161 1200 1a00 2200 2a00 3200 3800 4200', { name: 'a' }],
      ['leaves out false that says nothing', `${core}.PodSpec`, '5800 6000', {}],
      ['keeps a replica count of zero', 'io.k8s.api.apps.v1.DeploymentSpec', '0800 2800', { replicas: 0 }],
      [
        'keeps false where it says something',
        `${core}.SecurityContext`,
        '2800 2000',
        { runAsNonRoot: false, runAsUser: 0 },
      ],
      [
        'keeps an empty text where it says something',
        'io.k8s.api.coordination.v1.LeaseSpec',
        '0a00',
        { holderIdentity: '' },
      ],
      ['keeps zero in fields that are required', 'io.k8s.api.scheduling.v1.PriorityClass', '1000', { value: 0 }],
      [
        'keeps empty texts in lists and maps',
        `${core}.ConfigMap`,
        '12 05 0a0161 1200 12 03 0a0162',
        { data: { a: '', b: '' } },
      ],
      ['takes packed numbers', `${core}.PodSecurityContext`, '22 03 01 ac02', { supplementalGroups: [1, 300] }],
      ['passes over fields that it does not know', `${meta}.ObjectMeta`, 'f87f 01 0a0161 fa7f 0161', { name: 'a' }],
      ['takes the last of what should occur once', `${meta}.ObjectMeta`, '0a0161 0a0162', { name: 'b' }],
      ['takes the lower half of a long int32', `${core}.PodSpec`, 'c801 8180808010', { priority: 1 }],
      [
        'drops parts of a second, as JSON has none',
        `${meta}.ObjectMeta`,
        '42 08 083c 10ffc7afa003',
        { creationTimestamp: '1970-01-01T00:01:00Z' },
      ],
      ['has a quantity without text as 0', `${core}.ResourceFieldSelector`, '1a00', { divisor: '0' }],
    ];
    for (const [what, definition, bytes, json] of cases) {
      it(what, () => expect(codec.decode(definition, hex(bytes))).to.deep.equal(json));
    }
  });

  it('leaves out null and what the message does not have', () => {
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { creationTimestamp: null, other: 1 }, extra: {} };
    expect(codec.encode(`${core}.Pod`, object).toString('hex')).to.equal('0a00');
  });

  describe('refuses', () => {
    const faults: [string, string, string][] = [
      ['another wire type', `${meta}.ObjectMeta`, '0801'],
      ['a list of messages that are numbers', `${core}.PodSpec`, '1001'],
      ['a map that is a number', `${core}.ConfigMap`, '1001'],
      ['a number beyond 2^53', `${meta}.ObjectMeta`, '38 ffffffffffffffff7f'],
      ['the key __proto__', `${core}.ConfigMap`, '12 0e 0a 09 5f5f70726f746f5f5f 1201 31'],
      ['a time after the year 9999', `${meta}.ObjectMeta`, '42 07 08 80d0dfc0f33b'],
    ];
    for (const [what, definition, bytes] of faults) {
      it(what, () => expect(() => codec.decode(definition, hex(bytes))).to.throw(WireError));
    }

    it('JSON inside a message that is none', () => {
      const check = (error: unknown) => isApiError(error, 'BadRequest');
      expect(() => codec.decode('io.k8s.api.apps.v1.ControllerRevision', hex('12 03 0a 01 7b'))).to.satisfy(
        thrown(check),
      );
      const proto = Buffer.from('{"__proto__":1}');
      const bytes = Buffer.concat([hex('12 11 0a 0f'), proto]);
      expect(() => codec.decode('io.k8s.api.apps.v1.ControllerRevision', bytes)).to.satisfy(thrown(check));
    });

    it('messages that nest too deeply, and takes those that do not', () => {
      const nested = (levels: number): object => (levels === 0 ? { type: 'a' } : { not: nested(levels - 1) });
      expect(codec.decode(schema, codec.encode(schema, nested(400)))).to.deep.equal(nested(400));
      expect(() => codec.decode(schema, codec.encode(schema, nested(600)))).to.throw(
        WireError,
        'nested deeper than 500',
      );
    });
  });

  it('never fails in another way, whatever the bytes', () => {
    const names = [...definitions().names()].filter((name) => codec.knows(name));
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 200 }), (name, bytes) => {
        try {
          codec.decode(name, Buffer.from(bytes));
        } catch (error) {
          if (!(error instanceof WireError) && !isApiError(error, 'BadRequest')) throw error;
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(Object.keys(Object.prototype)).to.deep.equal([]);
  });
});

function thrown(check: (error: unknown) => boolean): (run: () => void) => boolean {
  return (run) => {
    try {
      run();
    } catch (error) {
      return check(error);
    }
    return false;
  };
}
