import { expect } from 'chai';
import { configMap } from '../../../src/api/core-v1/config-map.ts';
import { secret } from '../../../src/api/core-v1/secret.ts';
import { cells, createErrors, defaulted, updateErrors } from '../kind-cases.ts';

const KEY_RULE =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const SEALED = 'Forbidden: field is immutable when `immutable` is set';
const big = 'x'.repeat(1024 * 1024 + 1);

describe('a ConfigMap', () => {
  const cases: [what: string, fields: object, errors: string[]][] = [
    ['sound keys', { data: { 'a.b-c_d': '' }, binaryData: { e: 'AA==' } }, []],
    ['a bad key', { data: { 'a b': '' } }, [`data[a b]: Invalid value: "a b": ${KEY_RULE}`]],
    [
      'a key in both maps',
      { data: { a: '' }, binaryData: { a: '' } },
      ['binaryData[a]: Invalid value: "a": duplicate of key present in data'],
    ],
    ['more than a mebibyte', { data: { a: big } }, ['[]: Too long: may not be more than 1048576 bytes']],
  ];
  for (const [what, fields, errors] of cases) {
    it(`with ${what} is judged`, () => expect(createErrors(configMap, fields as any)).to.deep.equal(errors));
  }

  it('that is sealed neither changes nor opens', () => {
    const sealed = { immutable: true, data: { a: '1' } };
    expect(updateErrors(configMap, sealed, { data: { a: '2' } })).to.deep.equal([
      `immutable: ${SEALED}`,
      `data: ${SEALED}`,
    ]);
    expect(updateErrors(configMap, sealed, { ...sealed, metadata: { labels: { a: 'b' } } })).to.deep.equal([]);
    expect(updateErrors(configMap, { data: { a: '1' } }, sealed)).to.deep.equal([]);
  });

  it('shows how many keys it has', () => {
    expect(cells(configMap, { data: { a: '', b: '' }, binaryData: { c: '' } })).to.include({ Data: 3, Age: '10m' });
  });
});

describe('a Secret', () => {
  it('takes texts into its data, over what stands there', () => {
    const made = defaulted(secret, { data: { a: 'AA==', b: 'AA==' }, stringData: { a: 'hi' } });
    expect(made).to.deep.include({ type: 'Opaque', data: { a: 'aGk=', b: 'AA==' } });
    expect(made).not.to.have.property('stringData');
  });

  it('keeps a key that is dangerous elsewhere as a key', () => {
    const made = defaulted(secret, { stringData: JSON.parse('{"__proto__":"x"}') });
    expect(Object.getPrototypeOf(made.data)).to.equal(Object.prototype);
    expect(Object.entries(made.data)).to.deep.equal([['__proto__', 'eA==']]);
  });

  const json = (text: string) => Buffer.from(text).toString('base64');
  const cases: [what: string, fields: object, errors: string[]][] = [
    ['any data', { data: { a: 'AA==' } }, []],
    ['a bad key', { data: { 'a/b': '' } }, [`data[a/b]: Invalid value: "a/b": ${KEY_RULE}`]],
    ['more than a mebibyte', { stringData: { a: big } }, ['data: Too long: may not be more than 1048576 bytes']],
    [
      'half a certificate',
      { type: 'kubernetes.io/tls', stringData: { 'tls.crt': 'x' } },
      ['data[tls.key]: Required value'],
    ],
    [
      'no user',
      { type: 'kubernetes.io/basic-auth' },
      ['data[username]: Required value', 'data[password]: Required value'],
    ],
    ['a user alone', { type: 'kubernetes.io/basic-auth', stringData: { username: 'x' } }, []],
    ['no key', { type: 'kubernetes.io/ssh-auth' }, ['data[ssh-privatekey]: Required value']],
    [
      'no account',
      { type: 'kubernetes.io/service-account-token' },
      ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    ],
    [
      'credentials that are no JSON',
      { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': json('hunter2') } },
      ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": must be valid JSON'],
    ],
    ['credentials', { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': json('{}') } }, []],
  ];
  for (const [what, fields, errors] of cases) {
    it(`with ${what} is judged`, () => expect(createErrors(secret, fields as any)).to.deep.equal(errors));
  }

  it('keeps its type', () => {
    expect(updateErrors(secret, { type: 'a/b' }, { type: 'a/c' })).to.deep.equal([
      'type: Invalid value: "a/c": field is immutable',
    ]);
  });
});
