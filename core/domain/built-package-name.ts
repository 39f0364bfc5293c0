import type { SclName } from './collection.ts';
import { type ComponentName, isMetaComponent } from './component-name.ts';

/**
 * The name of the package that a component builds in a collection; equal to RHSCL's, so that both
 * can be used together: the meta component builds `<scl>`, every other `<scl>-<component>`.
 */
export function builtPackageName(component: ComponentName, scl: SclName): string {
  return isMetaComponent(component) ? scl : `${scl}-${component}`;
}
