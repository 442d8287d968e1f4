package io.fleetstop;

import java.lang.reflect.Constructor;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.deser.ValueInstantiator;
import tools.jackson.databind.deser.ValueInstantiators;
import tools.jackson.databind.deser.std.StdValueInstantiator;
import tools.jackson.databind.module.SimpleModule;

/**
 * Creates records by their constructor. Jackson 3.1 adapts a method handle to the arguments of each
 * object, which allocates more than the object.
 */
final class RecordInstantiators extends ValueInstantiators.Base {

  /** Returns a module with these. */
  static SimpleModule module() {
    return new SimpleModule("records") {
      @Override
      public void setupModule(SetupContext context) {
        super.setupModule(context);
        context.addValueInstantiators(new RecordInstantiators());
      }
    };
  }

  @Override
  public ValueInstantiator modifyValueInstantiator(
      DeserializationConfig config,
      BeanDescription.Supplier description,
      ValueInstantiator standard) {
    return standard.getClass() == StdValueInstantiator.class
            && standard.getValueClass().isRecord()
            && standard.getWithArgsCreator() != null
            && standard.getWithArgsCreator().getAnnotated() instanceof Constructor<?> constructor
        ? new ByConstructor((StdValueInstantiator) standard, constructor)
        : standard;
  }

  private static final class ByConstructor extends StdValueInstantiator {

    private final Constructor<?> constructor;

    ByConstructor(StdValueInstantiator standard, Constructor<?> constructor) {
      super(standard);
      this.constructor = constructor;
    }

    @Override
    public @Nullable Object createFromObjectWith(DeserializationContext context, Object[] values)
        throws JacksonException {
      try {
        return constructor.newInstance(values);
      } catch (ReflectiveOperationException | IllegalArgumentException e) {
        // Fails again, with the errors of Jackson.
        return super.createFromObjectWith(context, values);
      }
    }
  }
}
