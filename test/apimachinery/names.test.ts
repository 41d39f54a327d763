import { expect } from 'chai';
import * as names from '../../src/apimachinery/names.ts';

type Check = (value: string) => string[];

describe('names', () => {
  const good: [string, Check, string[]][] = [
    ['subdomain', names.dns1123Subdomain, ['a', 'a.b-c.1', 'x'.repeat(253)]],
    ['label', names.dns1123Label, ['a', '1-a', 'x'.repeat(63)]],
    ['1035 label', names.dns1035Label, ['a', 'a-1']],
    ['qualified name', names.qualifiedName, ['a', 'A_b.c', 'example.com/A', 'x'.repeat(63)]],
    ['label value', names.labelValue, ['', 'A_b.c-1']],
    ['config key', names.configMapKey, ['a.b', '_x', '...x'.slice(2)]],
    ['variable', names.envVarName, ['A', 'my-var.x', '1']],
    ['port name', names.portName, ['http', 'a-1']],
    ['path segment', names.pathSegmentName, ['a:b', 'system:x']],
  ];
  for (const [what, check, values] of good) {
    it(`accepts a good ${what}`, () => values.forEach((v) => expect(check(v), v).to.deep.equal([])));
  }

  const bad: [string, Check, string[]][] = [
    ['subdomain', names.dns1123Subdomain, ['', 'A', 'a..b', '-a', 'a-', 'a_b', 'x'.repeat(254), 'a\n']],
    ['label', names.dns1123Label, ['', 'a.b', 'A', 'x'.repeat(64)]],
    ['1035 label', names.dns1035Label, ['', '1a', 'a-']],
    ['qualified name', names.qualifiedName, ['', '/a', 'a/', 'a/b/c', 'A.com/a', '-a', 'x'.repeat(64)]],
    ['label value', names.labelValue, ['-', 'a b', 'x'.repeat(64)]],
    ['config key', names.configMapKey, ['', '.', '..', '..a', 'a/b']],
    ['variable', names.envVarName, ['', 'A=B', 'ä']],
    ['port name', names.portName, ['', '1', 'A', 'a--b', '-a', 'x'.repeat(16)]],
    ['path segment', names.pathSegmentName, ['.', '..', 'a/b', 'a%b']],
  ];
  for (const [what, check, values] of bad) {
    it(`refuses a bad ${what}`, () => values.forEach((v) => expect(check(v), v).to.not.be.empty));
  }

  it('explains in the words that clients know', () => {
    expect(names.dns1123Subdomain('Web')).to.deep.equal([
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ]);
    expect(names.dns1123Label('a.b')).to.deep.equal(['must not contain dots']);
    expect(names.labelValue('-')).to.deep.equal([
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ]);
  });

  it('is linear in what it is given', () => {
    const started = performance.now();
    for (const check of [names.dns1123Subdomain, names.qualifiedName, names.labelValue])
      check(`${'a'.repeat(1_000_000)}!`);
    expect(performance.now() - started).to.be.lessThan(1000);
  });

  it('lets a prefix for generated names end in a hyphen', () => {
    expect(names.prefixCheck(names.dns1123Label)('web-')).to.deep.equal([]);
    expect(names.prefixCheck(names.dns1123Label)('Web-')).to.not.be.empty;
  });
});
