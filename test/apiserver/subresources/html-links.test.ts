import { expect } from 'chai';
import { htmlLinks } from '../../../src/apiserver/subresources/proxy/html-links.ts';
import { rewriteLink } from '../../../src/apiserver/subresources/proxy/links.ts';

const base = { prefix: '/p/proxy', hosts: ['10.0.0.1:80', 'api:6443'] };

/** Sends the page in pieces of `size` bytes. */
async function rewrite(page: Buffer, size = page.length): Promise<Buffer> {
  const stream = htmlLinks((link) => rewriteLink(link, base));
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (let i = 0; i < page.length; i += size) stream.write(page.subarray(i, i + size));
  stream.end();
  await new Promise((resolve) => stream.once('end', resolve));
  return Buffer.concat(chunks);
}

describe('proxy: links', () => {
  const cases: [string, string][] = [
    ['/', '/p/proxy/'],
    ['/a/../b//c/?x=/y#/z', '/p/proxy/b/c/?x=/y#/z'],
    ['/../../etc', '/p/proxy/etc'],
    ['a/b', 'a/b'],
    ['', ''],
    ['#top', '#top'],
    ['?a=b', '?a=b'],
    ['mailto:a@b', 'mailto:a@b'],
    ['data:text/plain,/a', 'data:text/plain,/a'],
    ['http://10.0.0.1:80/a', '/p/proxy/a'],
    ['https://api:6443/a', '/p/proxy/a'],
    ['//api:6443/a', '/p/proxy/a'],
    ['//other/a', '//other/a'],
    ['http://other/a', 'http://other/a'],
    ['/p/proxy', '/p/proxy'],
    ['/p/proxy/a', '/p/proxy/a'],
    ['/p/proxyother', '/p/proxy/p/proxyother'],
  ];
  for (const [link, expected] of cases) {
    it(`turn ${link || 'nothing'} into ${expected || 'nothing'}`, () =>
      expect(rewriteLink(link, base)).to.equal(expected));
  }
});

describe('proxy: links of pages', () => {
  const cases: [string, string, string][] = [
    [
      'quoted, unquoted, in capitals',
      `<A HREF="/a"><img src='/b'><img src=/c><br>`,
      `<A HREF="/p/proxy/a"><img src='/p/proxy/b'><img src=/p/proxy/c><br>`,
    ],
    [
      'among other attributes',
      '<a data-href="/x" href = "/a" title="/y" disabled>/z</a>',
      '<a data-href="/x" href = "/p/proxy/a" title="/y" disabled>/z</a>',
    ],
    ['only where URLs are', '<p href="/a"><a src="/a">', '<p href="/a"><a src="/a">'],
    ['not in comments', '<!-- <a href="/a"> --><a href="/b">', '<!-- <a href="/a"> --><a href="/p/proxy/b">'],
    [
      'not in scripts, but theirs',
      `<script src="/s">var a = '<a href="/a">';</SCRIPT><a href="/b">`,
      `<script src="/p/proxy/s">var a = '<a href="/a">';</SCRIPT><a href="/p/proxy/b">`,
    ],
    ['with > in a value', '<a title="a>b" href="/a">', '<a title="a>b" href="/p/proxy/a">'],
    ['not in what is no tag', 'a < b <1 </x href="/a"> <!doctype html>', 'a < b <1 </x href="/a"> <!doctype html>'],
    ['with entities', '<a href="/a?b=1&amp;c=2">', '<a href="/p/proxy/a?b=1&amp;c=2">'],
    [
      'of forms and the like',
      '<form action=/f><video poster="/v"><object data="/d">',
      '<form action=/p/proxy/f><video poster="/p/proxy/v"><object data="/p/proxy/d">',
    ],
    ['in a tag that never ends, not at all', '<a href="/a"', '<a href="/a"'],
    ['in any encoding', '<a href="/ä">ü€</a>', '<a href="/p/proxy/ä">ü€</a>'],
  ];
  for (const [name, page, expected] of cases) {
    it(`${name}, in one piece and in many`, async () => {
      for (const size of [1, 2, 3, 7, 1000]) {
        expect((await rewrite(Buffer.from(page), size)).toString(), `pieces of ${size}`).to.equal(expected);
      }
    });
  }

  it('do not change bytes that are no text', async () => {
    const page = Buffer.concat([
      Buffer.from('<p>'),
      Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
      Buffer.from('</p>'),
    ]);
    expect((await rewrite(page, 16)).equals(page)).to.equal(true);
  });

  const hostile: [string, string][] = [
    ['a tag that never ends', `<a ${'x'.repeat(1 << 20)}`],
    ['many tags that never end', '<a '.repeat(1 << 18)],
    ['many quotes', `<a ${`x='"`.repeat(1 << 17)}`],
    ['many scripts', '<script></script>'.repeat(1 << 16)],
    ['many spaces', `<a href${' '.repeat(1 << 19)}=x>`],
    ['many comments', '<!--'.repeat(1 << 18)],
  ];
  for (const [name, page] of hostile) {
    it(`take no time for ${name}`, async () => {
      let longest = 0;
      const bytes = Buffer.from(page);
      const stream = htmlLinks((link) => rewriteLink(link, base)).resume();
      for (let i = 0; i < bytes.length; i += 65_536) {
        const begin = performance.now();
        stream.write(bytes.subarray(i, i + 65_536));
        longest = Math.max(longest, performance.now() - begin);
      }
      expect(longest).to.be.lessThan(1000); // what grows with the square takes minutes
    });
  }
});
