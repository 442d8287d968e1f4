package io.fleetstop.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import reactor.netty.NettyPipeline;

/**
 * Passes to Reactor Netty only what it can handle. Failures are replaced by {@linkplain
 * PrintableFailure printable} ones, because it logs them with message and stack trace. Interim
 * replies are left out, because it takes them for the final one.
 *
 * <p>A reply belongs to the request that was written before it, and to no other: a connection on
 * which bytes arrive that no request asked for is closed, because the next call would get them as
 * its reply. That includes bytes after the end of a reply, which the pool may have given its next
 * request by then.
 */
final class ChannelGuard extends ChannelDuplexHandler {

  private static final String NAME = "fleetstop.channelGuard";
  private static final String BYTES = "fleetstop.replyBytes";
  private static final String READS = "fleetstop.socketReads";
  private static final int SWITCHING_PROTOCOLS = 101;

  /** Whether the guard is behind the codec of the channel, so that it need not move any more. */
  private boolean settled;

  /** Whether a request was written whose reply has not ended. */
  private boolean awaiting;

  private boolean interim;

  /** How many calls of {@code channelRead} before the codec are running, each within another. */
  private int reads;

  /** Whether a reply ended in the bytes that are being decoded. */
  private boolean endedInRead;

  /** What the codec decodes from: what is readable, it has not decoded. */
  private ByteBuf undecoded = Unpooled.EMPTY_BUFFER;

  private boolean closed;

  /**
   * Adds the guard right before Reactor Netty's own handler, unless it is there already. A secure
   * channel gets its codec only after the handshake: {@link #restore} moves the guard behind it.
   */
  static void install(Channel channel) {
    ChannelPipeline pipeline = channel.pipeline();
    if (pipeline.get(NAME) != null || pipeline.get(NettyPipeline.ReactiveBridge) == null) {
      return;
    }
    ChannelGuard guard = new ChannelGuard();
    pipeline.addBefore(NettyPipeline.ReactiveBridge, NAME, guard);
    ChannelHandler codec = pipeline.get(NettyPipeline.HttpCodec);
    if (codec instanceof HttpClientCodec) {
      pipeline.addBefore(NettyPipeline.HttpCodec, BYTES, guard.new ReplyBytes());
      pipeline.addFirst(READS, guard.new SocketReads());
      guard.settled = true;
    }
  }

  /** Moves the guard behind handlers that were added after it. */
  static void restore(Channel channel) {
    ChannelPipeline pipeline = channel.pipeline();
    if (pipeline.get(NAME) instanceof ChannelGuard guard) {
      if (guard.settled) {
        return;
      }
      pipeline.remove(guard);
    }
    install(channel);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof HttpObject part)) {
      context.fireChannelRead(message);
      return;
    }
    if (closed || !awaiting || endedInRead) {
      ReferenceCountUtil.release(message);
      close(context);
      return;
    }
    int status = message instanceof HttpResponse reply ? reply.status().code() : 0;
    if (part.decoderResult().isFailure()) {
      part.setDecoderResult(
          DecoderResult.failure(PrintableFailure.of(part.decoderResult().cause())));
    } else if (isInterim(status)) {
      interim = true;
    }
    boolean last = message instanceof LastHttpContent;
    // What follows must be noticed now: the codec may take a beginning of a head without a message.
    boolean closing = status == SWITCHING_PROTOCOLS || (last && undecoded.isReadable());
    if (interim) {
      ReferenceCountUtil.release(message);
      if (last) {
        interim = false;
        context.read();
      }
      return;
    }
    if (last) {
      // Before it is passed on: the pool may have the next request written meanwhile.
      awaiting = false;
      endedInRead = reads > 0;
    }
    context.fireChannelRead(message);
    if (closing) {
      close(context);
    }
  }

  private static boolean isInterim(int status) {
    return status >= 100 && status < 200 && status != SWITCHING_PROTOCOLS;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // nothing is sent on the channel any more
  private void close(ChannelHandlerContext context) {
    if (!closed) {
      closed = true;
      context.close();
    }
  }

  /** A request that waits for the tunnel of a proxy fails with the reply of the proxy. */
  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the promise has the result
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    awaiting |= message instanceof HttpRequest;
    if (promise.isVoid() || context.pipeline().get(NettyPipeline.ProxyHandler) == null) {
      context.write(message, promise);
      return;
    }
    ChannelPromise guarded = context.newPromise();
    guarded.addListener(
        written -> {
          if (written.isSuccess()) {
            promise.trySuccess();
          } else {
            promise.tryFailure(PrintableFailure.of(written.cause()));
          }
        });
    context.write(message, guarded);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
    context.fireExceptionCaught(PrintableFailure.of(failure));
  }

  private void endRead() {
    reads--;
    if (reads == 0) {
      endedInRead = false;
    }
  }

  /**
   * Marks what one read of the socket returned, which TLS passes on in several parts. All of it was
   * received before a request that is written meanwhile, so none of it is the reply to that.
   */
  private final class SocketReads extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      reads++;
      try {
        context.fireChannelRead(message);
      } finally {
        endRead();
      }
    }
  }

  /**
   * Sees the bytes before the codec. What follows the end of a reply may be the beginning of a head
   * only, for which the codec has no message: that it follows is seen in the buffer that the codec
   * decodes from. So the codec is left without a buffer of its own: an incomplete line is kept
   * here, and given to it in one buffer with the bytes that come next.
   */
  private final class ReplyBytes extends ChannelInboundHandlerAdapter {

    private ByteBuf rest = Unpooled.EMPTY_BUFFER;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (!(message instanceof ByteBuf bytes)) {
        context.fireChannelRead(message);
        return;
      }
      if (closed || !awaiting || endedInRead) {
        bytes.release();
        close(context);
        return;
      }
      // The codec has no other bytes, so it decodes from this very buffer.
      ByteBuf whole = withRest(context, bytes).retain();
      undecoded = whole;
      reads++;
      try {
        context.fireChannelRead(whole);
        if (!closed && whole.isReadable()) {
          rest = context.alloc().buffer(whole.readableBytes()).writeBytes(whole);
        }
      } finally {
        endRead();
        undecoded = Unpooled.EMPTY_BUFFER;
        whole.release();
      }
    }

    private ByteBuf withRest(ChannelHandlerContext context, ByteBuf bytes) {
      if (!rest.isReadable() && bytes.isContiguous()) {
        return bytes;
      }
      ByteBuf whole =
          context
              .alloc()
              .buffer(rest.readableBytes() + bytes.readableBytes())
              .writeBytes(rest)
              .writeBytes(bytes);
      bytes.release();
      releaseRest();
      return whole;
    }

    /** The codec reports a reply that breaks off, for which it needs all of it. */
    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (rest.isReadable()) {
        context.fireChannelRead(rest.retain());
      }
      releaseRest();
      context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
      releaseRest();
    }

    private void releaseRest() {
      rest.release();
      rest = Unpooled.EMPTY_BUFFER;
    }
  }
}
