import './comparison/page';
import { mount } from './base/mount';

mount('caliper-comparison-page');
