import { ingressClass } from '../../api/networking-v1/ingress-class.ts';
import { ingress, type Ingress } from '../../api/networking-v1/ingress.ts';
import { markedDefault } from '../../api/meta-v1/marked-default.ts';
import type { AdmissionPlugin } from '../plugin.ts';

const annotations = ['ingressclass.kubernetes.io/is-default-class'];
/** How an ingress named its class before it had a field for it. */
const oldClassName = 'kubernetes.io/ingress.class';

/** An ingress that does not speak of a class gets the default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  operations: ['CREATE'],
  kinds: [ingress],
  async admit({ object }, reader) {
    const created = object as Ingress;
    if (created.spec?.ingressClassName !== undefined) return;
    if (Object.hasOwn(created.metadata.annotations ?? {}, oldClassName)) return;
    const chosen = markedDefault(await reader.list(ingressClass), annotations);
    if (chosen) created.spec = { ...created.spec, ingressClassName: chosen.metadata.name };
  },
};
