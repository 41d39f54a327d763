import { expect } from 'chai';
import type { EndpointSlice } from '../../src/api/discovery-v1/endpoint-slice.ts';
import { ClusterView } from '../../src/network-policy/cluster-view.ts';
import { dnsPod } from '../../src/network-policy/dns-pods.ts';
import { dnsSlice } from '../../src/dns/publish.ts';
import { namespaceOf, podOf, policyOf } from './objects.ts';

describe('dnsPod', () => {
  const place = { host: '192.0.2.1', port: 53, name: 'n2' };
  const written = dnsSlice(place);
  const slice = { ...written, metadata: { ...written.metadata, uid: 'u', resourceVersion: '1' } } as EndpointSlice;

  it('lets rules that speak of the pods of the cluster’s DNS mean the servers of ours', () => {
    const view = new ClusterView('n1');
    for (const name of ['kube-system', 'x']) view.setNamespace(namespaceOf(name));
    view.setPod(podOf('x/a', ['10.244.0.2']));
    const podSelector = { matchLabels: { 'k8s-app': 'kube-dns' } };
    const egress = [{ to: [{ namespaceSelector: {}, podSelector }], ports: [{ protocol: 'UDP', port: 53 }] }];
    view.setPolicy(policyOf({ policyTypes: ['Egress'], egress }));
    const allowed = () => [...view.rules().sets.values()].some(({ members }) => members.has(place.host));
    expect(allowed()).to.equal(false);
    expect(view.setPod(dnsPod(slice))).to.equal(true);
    expect(allowed()).to.equal(true);
    view.dropPod(dnsPod(slice));
    expect(allowed()).to.equal(false);
  });
});
