import type { V1PodTemplate } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { column, labelsText, nameColumn } from '../meta-v1/columns.ts';
import { containerImages, containerNameList } from './pod-template-columns.ts';
import { podTemplateWarnings } from './pod-warnings.ts';
import { defaultPodTemplate, validatePodTemplate } from './pod-template-spec.ts';

export type PodTemplate = Resource<V1PodTemplate>;

export const podTemplate = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  returnsDeleted: true,
  namespaced: true,
  createOnUpdate: true,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('Containers', (t) => containerNameList(t.template)),
    column('Images', (t) => containerImages(t.template)),
    column('Pod Labels', (t) => labelsText(t.template?.metadata?.labels)),
  ],
  setDefaults: defaultPodTemplate,
  validate: (t) => validatePodTemplate(t.template, 'template'),
  warnings: (t) => podTemplateWarnings(t.template, 'template'),
});
