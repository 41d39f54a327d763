import { expect } from 'chai';
import type { HttpAnswer, HttpGet } from '../../../src/kubelet/network/network.ts';
import { httpProbe } from '../../../src/kubelet/probes/http-redirects.ts';

const first: HttpGet = {
  ...{ scheme: 'http', host: '10.0.0.5', port: 8080, path: '/healthz', headers: [] },
  signal: new AbortController().signal,
};

function redirect(location: string, status = 302): HttpAnswer {
  return { status, body: 'elsewhere', location };
}

/** Probes a server that answers so; what was asked of it, and the outcome. */
async function probe(...answers: HttpAnswer[]): Promise<string[]> {
  const asked: string[] = [];
  const httpGet = async ({ scheme, host, port, path }: HttpGet) => {
    asked.push(`${scheme}://${host}:${port}${path}`);
    return answers[Math.min(asked.length, answers.length) - 1]!;
  };
  const { result, text } = await httpProbe({ httpGet }, first);
  return [...asked.slice(1), result, text];
}

describe('httpProbe', () => {
  const cases: [title: string, answers: HttpAnswer[], expected: string[]][] = [
    ['takes 200', [{ status: 200, body: 'ok' }], ['success', 'ok']],
    ['does not take 404', [{ status: 404, body: '' }], ['failure', 'HTTP probe failed with statuscode: 404']],
    ['follows a path', [redirect('/ok'), { status: 200, body: '' }], ['http://10.0.0.5:8080/ok', 'success', '']],
    [
      'follows to another port of the host',
      [redirect('https://10.0.0.5:8443/a?b'), { status: 500, body: '' }],
      ['https://10.0.0.5:8443/a?b', 'failure', 'HTTP probe failed with statuscode: 500'],
    ],
    [
      'warns of another host',
      [redirect('http://0.0.0.0/')],
      ['warning', 'Probe terminated redirects, Response body: elsewhere'],
    ],
    [
      'warns of one that leads nowhere',
      [{ status: 304, body: '' }],
      ['warning', 'Probe terminated redirects, Response body: '],
    ],
  ];
  for (const [title, answers, expected] of cases) {
    it(title, async () => expect(await probe(...answers)).to.deep.equal(expected));
  }

  it('stops after ten redirects', async () => {
    const error = await probe(redirect('/again')).catch((e: Error) => e);
    expect((error as Error).message).to.equal('Get "/again": stopped after 10 redirects');
  });
});
