@NullMarked
package io.fleetstop.credentials;

import org.jspecify.annotations.NullMarked;
