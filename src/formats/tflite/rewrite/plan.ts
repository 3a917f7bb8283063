import { elementCount, isKnownShape } from '../../../model/dataType';
import { FLOAT16, type Precision } from '../../../model/precision';
import type { ModelFile } from '../../format';
import type { ModelPlan, PlanNode, Role } from '../../plan';
import { numberOption } from '../options';
import { type EditedOperator, GraphEditor } from './editor';
import { BETTER_IN_FLOAT, FOLDED_ACTIVATIONS, kindOf, POLICIES, type Policy } from './policy';
