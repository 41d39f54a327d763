import { expect } from 'chai';
import { warningHeaders } from '../../../src/apiserver/handlers/warnings.ts';

describe('warnings', () => {
  it('quotes, and says everything once', () => {
    expect(warningHeaders(['unknown field "spec.foo"', 'a\\b', 'a\\b'])).to.deep.equal([
      '299 - "unknown field \\"spec.foo\\""',
      '299 - "a\\\\b"',
    ]);
  });

  it('keeps to characters that a header may hold', () => {
    expect(warningHeaders(['two\r\nlines\tand\u0000more'])).to.deep.equal(['299 - "two lines andmore"']);
    const [header] = warningHeaders(['größer']);
    expect(header).to.match(/^[\u0020-\u00ff]*$/);
    expect(Buffer.from(header!, 'latin1').toString('utf8')).to.equal('299 - "größer"');
  });

  it('shortens what is too much', () => {
    const many = Array.from({ length: 100 }, (_, i) => `${i} ${'x'.repeat(1000)}`);
    const headers = warningHeaders(many);
    expect(headers).to.have.length(16);
    for (const header of headers) expect(header).to.have.length('299 - ""'.length + 256);
    expect(warningHeaders(['y'.repeat(4096)])[0]).to.have.length(4096 + 8);
  });
});
