import { expect } from 'chai';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { parseResize } from '../../../src/kubelet/server/process-channels.ts';
import { parseLogRequest, parseProcessRequest, parseTarget } from '../../../src/kubelet/server/requests.ts';

const clock = new VirtualClock(Date.UTC(2026, 0, 1));
const log = (query: string) => parseLogRequest(new URLSearchParams(query), clock);

describe('parseTarget', () => {
  const table: [string, object | undefined][] = [
    ['/exec/default/web/app', { action: 'exec', namespace: 'default', pod: 'web', container: 'app' }],
    ['/exec/default/web/uid/app', { action: 'exec', namespace: 'default', pod: 'web', container: 'app' }],
    ['/containerLogs/default/web/app', { action: 'containerLogs', namespace: 'default', pod: 'web', container: 'app' }],
    ['/portForward/default/web', { action: 'portForward', namespace: 'default', pod: 'web' }],
    ['/exec/default/web', undefined],
    ['/run/default/web/app', undefined],
    ['/', undefined],
  ];
  for (const [path, expected] of table) it(path, () => expect(parseTarget(path)).to.deep.equal(expected));

  it('refuses a path that is not encoded properly', () =>
    expect(() => parseTarget('/exec/%zz/a/b')).to.throw('not properly encoded'));
});

describe('parseProcessRequest', () => {
  it('understands the names of the API and of kubelets', () => {
    const expected = { command: ['sh', '-c', 'x'], stdin: true, stdout: true, stderr: true, tty: false };
    expect(
      parseProcessRequest(new URLSearchParams('command=sh&command=-c&command=x&input=1&output=1&error=1')),
    ).to.deep.equal(expected);
    expect(
      parseProcessRequest(new URLSearchParams('command=sh&command=-c&command=x&stdin=true&stdout=true&stderr=true')),
    ).to.deep.equal(expected);
  });

  it('has one output with a terminal', () => {
    expect(parseProcessRequest(new URLSearchParams('output=1&error=1&tty=1')).stderr).to.equal(false);
  });

  it('wants at least one stream', () => {
    expect(() => parseProcessRequest(new URLSearchParams('command=ls'))).to.throw(
      'at least 1 of stdin, stdout, stderr',
    );
  });
});

describe('parseLogRequest', () => {
  it('reads everything', () => {
    expect(log('follow=true&tailLines=5&timestamps=true&previous=true&limitBytes=7&sinceSeconds=60')).to.deep.equal({
      ...{ follow: true, timestamps: true, previous: true, tailLines: 5, limit: 7 },
      since: clock.now() - 60_000,
    });
    expect(log('stream=Stderr').stream).to.equal('stderr');
    expect(log('stream=All')).not.to.have.property('stream');
    expect(log('sinceTime=2025-12-31T00:00:00Z').since).to.equal(Date.UTC(2025, 11, 31));
  });

  for (const query of [
    'tailLines=-1',
    'tailLines=x',
    'stream=Both',
    'limitBytes=0',
    'sinceTime=yesterday',
    'sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
  ]) {
    it(`refuses ${query}`, () => expect(() => log(query)).to.throw());
  }
});

describe('parseResize', () => {
  const table: [string, object | undefined][] = [
    ['{"Width":80,"Height":24}', { width: 80, height: 24 }],
    ['{"Width":0,"Height":24}', undefined],
    ['{"Width":"80"}', undefined],
    ['null', undefined],
    ['{', undefined],
  ];
  for (const [text, expected] of table) it(text, () => expect(parseResize(text)).to.deep.equal(expected));
});
