import { expect } from 'chai';
import { parseFieldSelector } from '../../src/apimachinery/field-selector.ts';

describe('field selector', () => {
  const pod = { 'metadata.name': 'web', 'spec.nodeName': '', 'status.phase': 'Running' };
  const matching: [string, boolean][] = [
    ['', true],
    ['metadata.name=web', true],
    ['metadata.name==web', true],
    ['metadata.name=other', false],
    ['status.phase!=Running', false],
    ['status.phase!=Failed,metadata.name=web', true],
    ['spec.nodeName=', true],
    ['constructor=', true],
    [',metadata.name=web,', true],
  ];
  for (const [text, result] of matching) {
    it(`${JSON.stringify(text)} is ${result}`, () => expect(parseFieldSelector(text).matches(pod)).to.equal(result));
  }

  it('reads fields through a function too', () => {
    expect(parseFieldSelector('a=1').matches((field) => (field === 'a' ? '1' : ''))).to.equal(true);
  });

  it('understands escapes and writes them', () => {
    const selector = parseFieldSelector('a=x\\,y\\=z\\\\,b!=c');
    expect(selector.exact('a')).to.equal('x,y=z\\');
    expect(selector.requirements).to.have.length(2);
    expect(selector.toString()).to.equal('a=x\\,y\\=z\\\\,b!=c');
  });

  for (const text of ['a', 'a=b=c', 'a=\\x']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseFieldSelector(text))
        .to.throw(/^invalid (field )?selector/)
        .with.property('code', 400);
    });
  }
});
