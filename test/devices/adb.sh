# Stands in for Android's adb where no phone is: it answers as adb 1.0.41 and the tools of a phone do. What the phone is
# (states, failures) stands in `phone.sh` and `devices` of the folder $root, where it also keeps what it was told
# (`calls`) and the phone's files (`files`); the text around its answers lies in $here. A shell, and not Node, because a measurement calls it thirty times.
# Each word with a unit separator behind it, the last one a line feed: written at once.
printf '%s\037' "$@" '
' >> "$root/calls"
. "$root/phone.sh"

fail() { # text [status]
  printf '%s\n' "$1" >&2
  exit "${2:-1}"
}

list_devices() {
  echo 'List of devices attached'
  if [ ! -e "$root/unplugged" ]; then
    while read -r serial state; do
      case $state in
        device) rest=' product:shiba model:Pixel_8 device:shiba' ;;
        'no permissions') rest=' (missing udev rules? user is in the plugdev group); see [http://developer.android.com/tools/device.html]' ;;
        *) rest= ;;
      esac
      printf '%-22s %s%s transport_id:1\n' "$serial" "$state" "$rest"
    done < "$root/devices"
  fi
  echo
}

state_of() { # serial
  while read -r serial state; do
    [ "$serial" = "$1" ] && echo "$state"
  done < "$root/devices"
}

push() { # file target
  [ "$failure" = space ] &&
    fail "adb: error: failed to copy '$1' to '$2': remote couldn't create file: No space left on device"
  cp "$1" "$root/files$2" || exit 1
  echo "$1: 1 file pushed, 0 skipped. 31.4 MB/s ($(wc -c < "$1") bytes in 0.050s)"
}

property() { # name
  case $1 in
    ro.product.model) echo 'Pixel 8' ;;
    ro.soc.model) echo 'Tensor G3' ;;
    ro.build.version.release) echo 16 ;;
    ro.product.cpu.abi) echo "$abi" ;;
    ro.product.cpu.abilist) [ "$abi" = arm64-v8a ] && echo arm64-v8a,armeabi-v7a || echo "$abi" ;;
    ro.board.platform) echo zuma ;;
    *) echo ;;
  esac
}

# The command lines that are sent, and no others.
shell() { # line
  case $1 in
    'getprop '*)
      set -f
      for word in $1; do
        [ "$word" = getprop ] || property "${word%;}"
      done
      ;;
    *'dumpsys battery'*) cat "$here/conditions.txt" ;;
    'mkdir '*)
      folder=${1#mkdir }
      mkdir -p "$root/files${folder%/*}" && mkdir "$root/files$folder"
      ;;
    'chmod 700 '*) [ -e "$root/files${1#chmod 700 }" ] || fail 'chmod: No such file or directory' ;;
    'cat '*)
      file=${1#cat }
      [ -e "$root/files$file" ] || fail "cat: $file: No such file or directory"
      cat "$root/files$file"
      ;;
    '[ -f /'*'/pid ] '*'rm -rf /'*)
      folder=${1##*rm -rf }
      [ -e "$root/files$folder/pid" ] && found=running || found=nothing
      echo "$found" > "$root/killed"
      rm -rf "$root/files$folder"
      ;;
    # What a program of the phone is started with: $$ is that shell's.
    'echo $$ > /'*'/pid; exec /'*'/benchmark_model '*) benchmark "$1" ;;
    *) fail "/system/bin/sh: ${1%% *}: inaccessible or not found" 127 ;;
  esac
}

benchmark() { # line
  set -f
  csv= graph= runs= threads=
  for word in $1; do
    case $word in
      --graph=*) graph=${word#*=} ;;
      --num_runs=*) runs=${word#*=} ;;
      --num_threads=*) threads=${word#*=} ;;
      --op_profiling_output_file=*) csv=${word#*=} ;;
    esac
  done
  folder=${graph%/*}
  echo 4711 > "$root/files$folder/pid"
  [ -e "$root/files$graph" ] || fail "ERROR: Failed to mmap model $graph"
  case $failure in
    abi) fail "/system/bin/sh: $folder/benchmark_model: not executable: 64-bit ELF file" 126 ;;
    model)
      fail "ERROR: Didn't find op for builtin opcode 'CONV_2D' version '9'.
ERROR: Failed to initialize the interpreter"
      ;;
    unplug)
      : > "$root/unplugged"
      exit 1
      ;;
    hang)
      : > "$root/running"
      exec sleep 1000
      ;;
  esac
  count=0
  [ -e "$root/starts" ] && read -r count < "$root/starts"
  count=$((count + 1))
  echo "$count" > "$root/starts"
  # One, two thirds and half of 12 ms, in microseconds.
  case $graph in
    */0.tflite) usual=12000 ;;
    */1.tflite) usual=8000 ;;
    *) usual=6000 ;;
  esac
  # Starts differ a little, as they do.
  average=$((usual + usual / 1000 * 4 * (count * 7 % 5)))
  note=
  [ -n "$unknown" ] && note="Unconsumed cmdline flags: $unknown"
  sed -e "s|{graph}|$graph|" -e "s|{threads}|$threads|" -e "s|{runs}|$runs|" -e "s|{average}|$average|" \
    -e "s|{unknown}|$note|" "$here/benchmark.txt"
  [ -z "$csv" ] || cp "$root/operators.csv" "$root/files$csv"
}

case $1 in
  devices) list_devices ;;
  -s)
    state=$(state_of "$2")
    { [ -z "$state" ] || [ -e "$root/unplugged" ]; } && fail "adb: device '$2' not found"
    [ "$state" = device ] || fail "adb: device $state"
    case $3 in
      push) push "$4" "$5" ;;
      shell)
        shift 3
        shell "$*"
        ;;
      *) fail "adb: unknown command $3" ;;
    esac
    ;;
  *) fail 'adb: usage: unknown command' ;;
esac
