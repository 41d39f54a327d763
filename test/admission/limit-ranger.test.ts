import { expect } from 'chai';
import { limitRanger } from '../../src/admission/plugins/limit-ranger.ts';
import { limitRange } from '../../src/api/core-v1/limit-range.ts';
import { persistentVolumeClaim } from '../../src/api/core-v1/persistent-volume-claim.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { admitted, anUpdate, aRequest, Objects, refusal } from './requests.ts';

const within = (...limits: object[]) => new Objects().with(limitRange, { spec: { limits } });
const container = (requests?: object, limits?: object, name = 'c') => ({ name, resources: { requests, limits } });
const aPod = (...containers: object[]) => aRequest(pod, { spec: { containers } });
const aClaim = (storage?: string) => ({ spec: { resources: { requests: storage ? { storage } : {} } } });

describe('admission: LimitRanger', () => {
  it('fills in what containers leave open, and says so', async () => {
    const ranges = within({
      type: 'Container',
      default: { cpu: '500m', memory: '1Gi' },
      defaultRequest: { cpu: '100m', memory: '200Mi' },
    });
    const spec = {
      containers: [{ name: 'empty' }, container({ cpu: '300m' }, { cpu: '300m' }, 'full')],
      initContainers: [container({ cpu: '1', memory: '1Gi' }, { memory: '1Gi' }, 'init')],
    };
    const { metadata, spec: filled } = await admitted(limitRanger, aRequest(pod, { spec }), ranges);
    expect(filled.containers[0].resources).to.deep.equal({
      requests: { cpu: '100m', memory: '200Mi' },
      limits: { cpu: '500m', memory: '1Gi' },
    });
    expect(filled.containers[1].resources.requests).to.deep.equal({ cpu: '300m', memory: '200Mi' });
    expect(metadata.annotations['kubernetes.io/limit-ranger']).to.equal(
      'LimitRanger plugin set: cpu, memory request for container empty; cpu, memory limit for container empty; ' +
        'memory request for container full; memory limit for container full; cpu limit for init container init',
    );
  });

  it('leaves pods alone that leave nothing open, and pods of other namespaces', async () => {
    const ranges = within({ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '1' } });
    const full = await admitted(limitRanger, aPod(container({ cpu: '2' }, { cpu: '2' })), ranges);
    expect(full.metadata.annotations).to.equal(undefined);
    const elsewhere = aRequest(pod, { spec: { containers: [{ name: 'c' }] } }, { namespace: 'other' });
    expect((await admitted(limitRanger, elsewhere, ranges)).spec.containers).to.deep.equal([{ name: 'c' }]);
  });

  const min = { type: 'Container', min: { cpu: '100m' } };
  const max = { type: 'Container', max: { memory: '1Gi' } };
  const ratio = { type: 'Container', maxLimitRequestRatio: { cpu: '4' } };
  const refused: [limit: object, containers: object[], why: string][] = [
    [min, [container()], 'minimum cpu usage per Container is 100m.  No request is specified'],
    [min, [container({ cpu: '50m' })], 'minimum cpu usage per Container is 100m, but request is 50m'],
    [min, [container({ cpu: '100m' }, { cpu: '0.09' })], 'minimum cpu usage per Container is 100m, but limit is 90m'],
    [max, [container({ memory: '1Gi' })], 'maximum memory usage per Container is 1Gi.  No limit is specified'],
    [max, [container({}, { memory: '2Gi' })], 'maximum memory usage per Container is 1Gi, but limit is 2Gi'],
    [
      max,
      [container({ memory: '2Gi' }, { memory: '1Gi' })],
      'maximum memory usage per Container is 1Gi, but request is 2Gi',
    ],
    [
      ratio,
      [container({ cpu: '100m' }, { cpu: '500m' })],
      'cpu max limit to request ratio per Container is 4, but provided ratio is 5.000000',
    ],
    [
      ratio,
      [container({}, { cpu: '1' })],
      'cpu max limit to request ratio per Container is 4, but no request is specified or request is 0',
    ],
    [
      ratio,
      [container({ cpu: '1' })],
      'cpu max limit to request ratio per Container is 4, but no limit is specified or limit is 0',
    ],
    [
      { type: 'Pod', max: { cpu: '1' } },
      [container({}, { cpu: '600m' }), container({}, { cpu: '600m' })],
      'maximum cpu usage per Pod is 1, but limit is 1200m',
    ],
    [
      { type: 'Container', min: { cpu: '1', memory: '1Gi' } },
      [container({ cpu: '50m', memory: '1Mi' })],
      '[minimum cpu usage per Container is 1, but request is 50m, minimum memory usage per Container is 1Gi, but request is 1Mi]',
    ],
    [
      min,
      [container({ cpu: '50m' }), container({ cpu: '50m' })],
      'minimum cpu usage per Container is 100m, but request is 50m',
    ],
  ];
  for (const [limit, containers, why] of refused) {
    it(`refuses: ${why}`, async () => {
      expect(await refusal(limitRanger, aPod(...containers), within(limit))).to.equal(`pods "a" is forbidden: ${why}`);
    });
  }

  it('counts init containers by their peak, and limits them too', async () => {
    const most = within({ type: 'Pod', max: { cpu: '1' } });
    const spec = { containers: [container({}, { cpu: '600m' })], initContainers: [container({}, { cpu: '1' }, 'i')] };
    await admitted(limitRanger, aRequest(pod, { spec }), most);
    const small = aRequest(pod, { spec: { ...spec, containers: [], initContainers: [container({ cpu: '1m' })] } });
    expect(await refusal(limitRanger, small, within(min))).to.contain('but request is 1m');
  });

  it('limits the size of claims, when they are made and when they grow', async () => {
    const ranges = within({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } });
    const why = async (request: ReturnType<typeof aRequest>) =>
      (await refusal(limitRanger, request, ranges)).replace('persistentvolumeclaims "a" is forbidden: ', '');
    expect(await why(aRequest(persistentVolumeClaim, aClaim('500Mi')))).to.equal(
      'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi',
    );
    expect(await why(anUpdate(persistentVolumeClaim, aClaim('3Gi'), aClaim('1Gi')))).to.equal(
      'maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    );
    await admitted(limitRanger, aRequest(persistentVolumeClaim, aClaim('2Gi')), ranges);
  });

  it('judges pods when they are made or resized, not when they are changed otherwise or going', async () => {
    const small = { spec: { containers: [container({ cpu: '1m' })] } };
    await admitted(limitRanger, anUpdate(pod, small, small), within(min));
    await admitted(limitRanger, anUpdate(pod, small, small, 'status'), within(min));
    expect(await refusal(limitRanger, anUpdate(pod, small, small, 'resize'), within(min))).to.contain('is 1m');
    const going = { ...small, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } };
    await admitted(limitRanger, anUpdate(pod, going, going, 'resize'), within(min));
  });
});
