import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import {
  certificateSigningRequest,
  type CertificateSigningRequest,
} from '../../../src/api/certificates-v1/certificate-signing-request.ts';
import { CertificateSigner } from '../../../src/auth/certificate-signer.ts';
import { CertificateAuthority } from '../../../src/auth/certificates.ts';
import { realClock } from '../../../src/base/clock.ts';
import { certificateApprovingController } from '../../../src/controllers/certificates/approving.ts';
import { certificateCleanerController } from '../../../src/controllers/certificates/cleaner.ts';
import { certificateSigningController } from '../../../src/controllers/certificates/signing.ts';
import { certificateRequest } from '../../auth/certificate-request.ts';
import { World } from '../world.ts';

const client = ['digital signature', 'client auth'];

describe('certificate controllers', () => {
  let world: World;
  let authority: CertificateAuthority;
  beforeEach(async () => {
    authority = await CertificateAuthority.create('ca', realClock);
    const signer = new CertificateSigner(authority);
    const controllers = [
      certificateApprovingController(signer),
      certificateSigningController(signer),
      certificateCleanerController,
    ];
    world = await World.start({ controllers, only: controllers.map(({ name }) => name), kubelet: false });
  });
  afterEach(() => world.stop());

  const find = (name: string) => world.client.find(certificateSigningRequest, { name });
  const create = async (name: string, signer: string, usages: string[], subject = { O: 'devs', CN: 'jane' }) =>
    world.client.create(certificateSigningRequest, {
      metadata: { name },
      spec: {
        request: Buffer.from(await certificateRequest(subject)).toString('base64'),
        signerName: `kubernetes.io/${signer}`,
        usages,
        expirationSeconds: 3600,
      },
    });
  const decide = async (name: string, type: string) => {
    const request = (await find(name))!;
    const status = { conditions: [{ type, status: 'True', reason: 'Test', message: 'so it is' }] };
    await world.client.update(certificateSigningRequest, { ...request, status }, { subresource: 'approval' });
  };
  const issued = (name: string): Promise<CertificateSigningRequest> =>
    world.eventually(async () => {
      const request = (await find(name))!;
      expect(request.status?.certificate).to.be.a('string');
      return request;
    });

  it('issue a certificate when somebody approved it, and keep the request for an hour', async () => {
    await create('jane', 'kube-apiserver-client', client);
    await world.settle(1000);
    expect((await find('jane'))?.status).to.deep.equal({});
    await decide('jane', 'Approved');
    const { status } = await issued('jane');
    const pem = Buffer.from(status!.certificate!, 'base64').toString();
    expect(authority.signed(pem)).to.equal(true);
    expect(new X509Certificate(pem).subject).to.equal('O=devs\nCN=jane');
    await world.settle(59 * 60_000);
    expect(await find('jane')).to.be.an('object');
    await world.settle(2 * 60_000);
    await world.eventually(async () => expect(await find('jane')).to.equal(undefined));
  });

  it('do not issue what was denied, or is for other signers', async () => {
    await create('denied', 'kube-apiserver-client', client);
    await decide('denied', 'Denied');
    await create('other', 'other-signer', client);
    await decide('other', 'Approved');
    await world.settle(1000);
    for (const name of ['denied', 'other']) expect((await find(name))?.status).to.not.have.property('certificate');
  });

  it('say why a request cannot be signed', async () => {
    await create('wrong', 'kube-apiserver-client', ['server auth']);
    await decide('wrong', 'Approved');
    await world.eventually(async () =>
      expect((await find('wrong'))?.status?.conditions?.[1]).to.include({
        type: 'Failed',
        status: 'True',
        reason: 'SignerValidationFailure',
        message: 'invalid usage for client certificate: server auth',
      }),
    );
  });

  it('approve what a kubelet asks for', async () => {
    const node = { O: 'system:nodes', CN: 'system:node:n1' };
    await create('node', 'kube-apiserver-client-kubelet', client, node);
    const { status } = await issued('node');
    expect(status?.conditions?.[0]).to.include({
      type: 'Approved',
      reason: 'AutoApproved',
      message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    });
    await create('jane', 'kube-apiserver-client-kubelet', client);
    await world.settle(1000);
    expect((await find('jane'))?.status).to.deep.equal({});
  });

  it('forget what nobody decides on', async () => {
    await create('idle', 'kube-apiserver-client', client);
    await world.settle(23 * 3600_000);
    expect(await find('idle')).to.be.an('object');
    await world.settle(2 * 3600_000);
    await world.eventually(async () => expect(await find('idle')).to.equal(undefined));
  });
});
