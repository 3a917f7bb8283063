import './model/page';
import { mount } from './base/mount';

mount('caliper-model-page');
