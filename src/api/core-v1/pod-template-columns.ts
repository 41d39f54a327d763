import type { Column } from '../../apimachinery/table.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { wideColumn } from '../meta-v1/columns.ts';
import type { PodTemplateSpec } from './pod-spec.ts';

/** The names of a template's containers, with commas. */
export function containerNameList(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map((c) => c.name).join(',');
}

/** The images of a template's containers, with commas. */
export function containerImages(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map((c) => c.image ?? '').join(',');
}

/** The last columns of every kind that makes pods of a template, for `-o wide`. */
export function templateColumns<T extends KubeObject & { spec?: { template?: PodTemplateSpec } }>(): Column<T>[] {
  return [
    wideColumn('Containers', (o) => containerNameList(o.spec?.template)),
    wideColumn('Images', (o) => containerImages(o.spec?.template)),
  ];
}
