import type { PathPart } from '../experiment/source.ts';
import type { MethodDefinition, StudyDefinition } from './studySchema.ts';

/** A method of a study, with its name. */
export interface StudyMethod extends Omit<MethodDefinition, 'name'> {
  readonly name: string;
  /** Where it is written in the study. */
  readonly path: readonly PathPart[];
  /** Where its adapter is written. */
  readonly adapterPath: readonly PathPart[];
}

/** A base model of a study. */
export interface StudyModel {
  readonly name: string;
  /** Model folder; undefined where it is the experiment's. */
  readonly path: string | undefined;
  readonly overrides: Readonly<Record<string, unknown>>;
}

/** The methods of a study in order; one that is an id alone is named by it. */
export function studyMethods({ methods }: StudyDefinition): readonly StudyMethod[] {
  return methods.map((method, i) => {
    const path = ['methods', i];
    if (typeof method === 'string')
      return { name: method, adapter: { type: method }, overrides: {}, path, adapterPath: path };
    return { ...method, name: method.name ?? method.adapter.type, path, adapterPath: [...path, 'adapter'] };
  });
}

/** The models of a study in order; the experiment's own is called `base`. */
export function studyModels({ models }: StudyDefinition): readonly StudyModel[] {
  if (models === undefined) return [{ name: 'base', path: undefined, overrides: {} }];
  return Object.entries(models).map(([name, model]) =>
    typeof model === 'string' ? { name, path: model, overrides: {} } : { name, ...model },
  );
}

/** Names of the tasks of a study in order; the experiment's own is called `task`. */
export function studyTasks({ tasks }: StudyDefinition): readonly string[] {
  return tasks === undefined ? ['task'] : Object.keys(tasks);
}
