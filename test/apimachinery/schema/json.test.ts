import { expect } from 'chai';
import { parseJson } from '../../../src/apimachinery/schema/json.ts';

describe('parseJson', () => {
  it('parses text and bytes', () => {
    expect(parseJson('{"a":[1,"ä"]}').value).to.deep.equal({ a: [1, 'ä'] });
    expect(parseJson(Buffer.from('{"a":[1,"ä"]}')).value).to.deep.equal({ a: [1, 'ä'] });
  });

  const duplicates: [string, string[]][] = [
    ['{"a":1,"b":2}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"spec":{"x":1,"y":{"x":1},"x":2}}', ['spec.x']],
    ['{"a":[{"b":1},{"b":1,"c":2,"b":3}]}', ['a[1].b']],
    ['[[],[{"b":1,"b":2}]]', ['[1][0].b']],
    ['{"a":"{\\"a\\":1,\\"a\\":2}:,","b":":"}', []],
    ['{"a\\\\":1,"a\\\\":2}', ['a\\']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"a":1,"a":2,"a":3}', ['a']],
    ['{}', []],
  ];
  for (const [text, paths] of duplicates) {
    it(`finds ${paths.length} duplicate keys in ${text}`, () => {
      expect(parseJson(text, { duplicates: true }).duplicates).to.deep.equal(paths);
    });
  }

  it('does not look for duplicates unasked', () => {
    expect(parseJson('{"a":1,"a":2}')).to.deep.equal({ value: { a: 2 }, duplicates: [] });
  });

  for (const text of ['', '{', '{"a":}', 'nope', '{"a":1}}', '{"a":1,}', "{'a':1}", 'a: b\nc: d', '\u0000']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseJson(text, { expected: 'Pod' }))
        .to.throw(
          /^the object provided is unrecognized \(must be of type Pod\): couldn't get version\/kind; json parse error: ./,
        )
        .with.property('code', 400);
    });
  }

  it('does not repeat the body in the error', () => {
    for (const text of ['{"password": hunter2}', '{"password": "hunter2" oops}', 'hunter2', '{"a":"\nhunter2"}']) {
      expect(() => parseJson(text), text)
        .to.throw()
        .with.property('message')
        .that.does.not.include('hunter2');
    }
  });

  it('refuses nesting that would exhaust the stack, and is not misled by brackets in strings', () => {
    for (const deep of [1001, 100_000, 1_000_000]) {
      expect(() => parseJson('['.repeat(deep) + ']'.repeat(deep)))
        .to.throw('exceeded max depth')
        .with.property('code', 400);
      expect(() => parseJson('{"a":'.repeat(deep) + '1' + '}'.repeat(deep))).to.throw('exceeded max depth');
    }
    expect(parseJson('['.repeat(1000) + ']'.repeat(1000)).value).to.be.an('array');
    expect(parseJson(JSON.stringify('['.repeat(5000))).value).to.have.length(5000);
  });

  it('refuses keys that could reach a prototype', () => {
    expect(() => parseJson('{"a":[{"__proto__":{"x":1}}]}'))
      .to.throw('"__proto__" is not allowed')
      .with.property('code', 400);
    expect(() => parseJson('{"\\u005f_proto__":{"x":1}}')).to.throw('"__proto__" is not allowed');
    expect(parseJson('{"a":"__proto__"}').value).to.deep.equal({ a: '__proto__' });
    expect(({} as { x?: number }).x).to.equal(undefined);
  });

  it('is linear in escapes', () => {
    const started = performance.now();
    parseJson(`{"a":"${'\\"'.repeat(500_000)}","b":"${'\\\\'.repeat(500_000)}"}`, { duplicates: true });
    expect(performance.now() - started).to.be.lessThan(1000);
  });
});
