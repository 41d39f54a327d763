import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../src/client/https-transport.ts';
import { kubeconfigText, loadKubeconfig, parseKubeconfig } from '../../src/client/kubeconfig.ts';

const config = `
apiVersion: v1
kind: Config
current-context: one
contexts:
- {name: one, context: {cluster: c1, user: u1, namespace: shop}}
- {name: two, context: {cluster: c2, user: u2}}
- {name: lost, context: {cluster: nowhere, user: u1}}
clusters:
- {name: c1, cluster: {server: 'https://a:6443', certificate-authority: ca.pem}}
- {name: c2, cluster: {server: 'https://b', insecure-skip-tls-verify: true, tls-server-name: kube}}
users:
- {name: u1, user: {client-certificate: cert.pem, client-key-data: ${Buffer.from('KEY').toString('base64')}}}
- {name: u2, user: {tokenFile: token}}
`;

const text = (pem: string | Buffer | undefined) => pem?.toString();
const tokenOf = ({ token }: Connection) => (typeof token === 'function' ? token() : token);

describe('kubeconfig', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
    for (const [name, text] of Object.entries({ config, 'ca.pem': 'CA', 'cert.pem': 'CERT', token: 'first\n' })) {
      writeFileSync(join(directory, name), text);
    }
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('reads the current context, with files relative to it and data inline', () => {
    const { server, ca, cert, key, namespace } = loadKubeconfig(join(directory, 'config'));
    expect([server, namespace, text(ca), text(cert), text(key)]).to.deep.equal([
      'https://a:6443',
      'shop',
      'CA',
      'CERT',
      'KEY',
    ]);
  });

  it('reads another context, whose token file is read anew each time', () => {
    const two = loadKubeconfig(join(directory, 'config'), 'two');
    expect([two.server, two.namespace, two.insecureSkipTlsVerify, two.serverName]).to.deep.equal([
      'https://b',
      'default',
      true,
      'kube',
    ]);
    expect(tokenOf(two)).to.equal('first');
    writeFileSync(join(directory, 'token'), 'second');
    expect(tokenOf(two)).to.equal('second');
  });

  const wrong: [string, string, string | undefined, string][] = [
    ['nothing in it', '', undefined, 'it has no current-context'],
    ['an unknown context', config, 'three', 'it has no context "three"'],
    ['a context whose cluster is missing', config, 'lost', 'it has no cluster "nowhere"'],
  ];
  for (const [name, text, context, message] of wrong) {
    it(`says what is wrong with ${name}`, () => expect(() => parseKubeconfig(text, { context })).to.throw(message));
  }

  it('names the file that it cannot read', () => {
    expect(() => loadKubeconfig('/nonexistent/config')).to.throw(
      'cannot use the kubeconfig /nonexistent/config: ENOENT',
    );
  });

  it('writes what it can read, certificates or token', () => {
    const written = parseKubeconfig(kubeconfigText({ server: 'https://x:1', ca: 'CA', cert: 'CERT', key: 'KEY' }));
    expect([written.server, text(written.ca), text(written.cert), text(written.key), written.token]).to.deep.equal([
      'https://x:1',
      'CA',
      'CERT',
      'KEY',
      undefined,
    ]);
    const second = parseKubeconfig(kubeconfigText({ server: 'https://x:1', ca: 'CA', token: 't', namespace: 'n' }));
    expect([second.token, second.namespace, second.cert]).to.deep.equal(['t', 'n', undefined]);
  });
});
