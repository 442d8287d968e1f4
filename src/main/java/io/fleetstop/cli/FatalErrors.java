package io.fleetstop.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;
import reactor.util.Logger;
import reactor.util.Loggers;

/**
 * Observes errors of the virtual machine. Reactor logs such an error and throws it again, and Netty
 * drops what its handlers throw: no other thread learns of it, and a run that is out of memory does
 * not end.
 */
final class FatalErrors {

  private FatalErrors() {}

  /** Calls {@code action} with each fatal error that Reactor logs, before it is logged. */
  static void onEach(Consumer<VirtualMachineError> action) {
    Loggers.useCustomLoggers(name -> observed(name, action));
    // Creates the logger, the first and only one of these.
    Exceptions.throwIfFatal(null);
    Loggers.useSl4jLoggers();
  }

  private static Logger observed(String name, Consumer<VirtualMachineError> action) {
    return (Logger)
        Proxy.newProxyInstance(
            Logger.class.getClassLoader(),
            new Class<?>[] {Logger.class},
            (proxy, method, arguments) -> {
              if (arguments != null
                  && arguments[arguments.length - 1] instanceof VirtualMachineError error) {
                action.accept(error);
              }
              // The methods of SLF4J's logger have the same names and parameters.
              try {
                return org.slf4j.Logger.class
                    .getMethod(method.getName(), method.getParameterTypes())
                    .invoke(LoggerFactory.getLogger(name), arguments);
              } catch (InvocationTargetException e) {
                throw e.getTargetException();
              }
            });
  }
}
