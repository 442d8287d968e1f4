package io.fleetstop.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Signals of the operating system. A shutdown hook would not do: a second signal does not reach
 * one, and the code of the exit is out of its hands.
 *
 * <p>The JDK's class for it is supported and exported, but no part of the platform's API, and
 * naming it warns at compile time. So it is called by reflection; where it is missing, signals end
 * the process as they always do.
 */
final class ProcessSignals {

  private static final String SIGNAL = "sun.misc.Signal";
  private static final String HANDLER = "sun.misc.SignalHandler";

  private ProcessSignals() {}

  /**
   * Runs {@code action} whenever the signal arrives, on a thread of its own.
   *
   * @return restores what was before
   */
  static Runnable handle(String name, Runnable action) {
    try {
      Class<?> handlerType = Class.forName(HANDLER);
      Object handler =
          Proxy.newProxyInstance(
              handlerType.getClassLoader(), new Class<?>[] {handlerType}, invocation(action));
      Object previous = install(name, handler);
      return () -> restore(name, previous);
    } catch (ReflectiveOperationException | RuntimeException e) {
      // The virtual machine keeps the signal for itself (-Xrs), or the platform has none.
      return () -> {};
    }
  }

  private static InvocationHandler invocation(Runnable action) {
    return (proxy, method, arguments) ->
        switch (method.getName()) {
          case "handle" -> {
            action.run();
            yield null;
          }
          case "equals" -> arguments != null && proxy == arguments[0];
          case "hashCode" -> System.identityHashCode(proxy);
          default -> "ProcessSignals";
        };
  }

  private static Object install(String name, Object handler) throws ReflectiveOperationException {
    Class<?> signalType = Class.forName(SIGNAL);
    Object signal = signalType.getConstructor(String.class).newInstance(name);
    return signalType
        .getMethod("handle", signalType, Class.forName(HANDLER))
        .invoke(null, signal, handler);
  }

  private static void restore(String name, Object handler) {
    try {
      install(name, handler);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalStateException("the handler of " + name + " cannot be restored", e);
    }
  }
}
