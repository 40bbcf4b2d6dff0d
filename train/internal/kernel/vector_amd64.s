#include "textflag.h"

// func addAVX(dst, src *float32, n int)
TEXT ·addAVX(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

add32:
	CMPQ    CX, $32
	JL      add8
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	VADDPS  (SI), Y0, Y0
	VADDPS  32(SI), Y1, Y1
	VADDPS  64(SI), Y2, Y2
	VADDPS  96(SI), Y3, Y3
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	ADDQ    $128, DI
	ADDQ    $128, SI
	SUBQ    $32, CX
	JMP     add32

add8:
	CMPQ    CX, $8
	JL      addDone
	VMOVUPS (DI), Y0
	VADDPS  (SI), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, DI
	ADDQ    $32, SI
	SUBQ    $8, CX
	JMP     add8

addDone:
	VZEROUPPER
	RET

// func momentsAVX(x, shift, sum, square *float32, rows, c int)
TEXT ·momentsAVX(SB), NOSPLIT, $0-48
	MOVQ x+0(FP), SI
	MOVQ shift+8(FP), DX
	MOVQ sum+16(FP), R8
	MOVQ square+24(FP), R9
	MOVQ rows+32(FP), CX
	MOVQ c+40(FP), BX
	SHLQ $2, BX

momentsRow:
	XORQ AX, AX

momentsColumn:
	VMOVUPS     (SI)(AX*1), Y0
	VSUBPS      (DX)(AX*1), Y0, Y0
	VADDPS      (R8)(AX*1), Y0, Y1
	VMOVUPS     (R9)(AX*1), Y2
	VFMADD231PS Y0, Y0, Y2
	VMOVUPS     Y1, (R8)(AX*1)
	VMOVUPS     Y2, (R9)(AX*1)
	ADDQ        $32, AX
	CMPQ        AX, BX
	JLT         momentsColumn
	ADDQ        BX, SI
	DECQ        CX
	JNZ         momentsRow
	VZEROUPPER
	RET

// func affineAVX(y, x, scale, offset, add *float32, floor float32, rows, c int)
TEXT ·affineAVX(SB), NOSPLIT, $0-64
	MOVQ         y+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         scale+16(FP), DX
	MOVQ         offset+24(FP), R8
	MOVQ         add+32(FP), R9
	VBROADCASTSS floor+40(FP), Y15
	MOVQ         rows+48(FP), CX
	MOVQ         c+56(FP), BX
	SHLQ         $2, BX

affineRow:
	XORQ  AX, AX
	TESTQ R9, R9
	JNZ   affineAddColumn

affineColumn:
	VMOVUPS     (SI)(AX*1), Y0
	VMOVUPS     (DX)(AX*1), Y1
	VFMADD213PS (R8)(AX*1), Y1, Y0
	VMAXPS      Y0, Y15, Y0
	VMOVUPS     Y0, (DI)(AX*1)
	ADDQ        $32, AX
	CMPQ        AX, BX
	JLT         affineColumn
	JMP         affineNext

affineAddColumn:
	VMOVUPS     (SI)(AX*1), Y0
	VMOVUPS     (DX)(AX*1), Y1
	VFMADD213PS (R8)(AX*1), Y1, Y0
	VADDPS      (R9)(AX*1), Y0, Y0
	VMAXPS      Y0, Y15, Y0
	VMOVUPS     Y0, (DI)(AX*1)
	ADDQ        $32, AX
	CMPQ        AX, BX
	JLT         affineAddColumn
	ADDQ        BX, R9

affineNext:
	ADDQ BX, SI
	ADDQ BX, DI
	DECQ CX
	JNZ  affineRow
	VZEROUPPER
	RET

// func productsAVX(x, dy, y, shift, sum, product *float32, rows, c int)
TEXT ·productsAVX(SB), NOSPLIT, $0-64
	MOVQ   x+0(FP), SI
	MOVQ   dy+8(FP), DI
	MOVQ   y+16(FP), R10
	MOVQ   shift+24(FP), DX
	MOVQ   sum+32(FP), R8
	MOVQ   product+40(FP), R9
	MOVQ   rows+48(FP), CX
	MOVQ   c+56(FP), BX
	SHLQ   $2, BX
	VXORPS Y15, Y15, Y15

productsRow:
	XORQ AX, AX

productsColumn:
	VMOVUPS (DI)(AX*1), Y0
	TESTQ   R10, R10
	JZ      productsSum
	VMOVUPS (R10)(AX*1), Y1
	VCMPPS  $0x1e, Y15, Y1, Y1
	VANDPS  Y1, Y0, Y0

productsSum:
	VADDPS      (R8)(AX*1), Y0, Y1
	VMOVUPS     (SI)(AX*1), Y3
	VSUBPS      (DX)(AX*1), Y3, Y3
	VMOVUPS     (R9)(AX*1), Y2
	VFMADD231PS Y0, Y3, Y2
	VMOVUPS     Y1, (R8)(AX*1)
	VMOVUPS     Y2, (R9)(AX*1)
	ADDQ        $32, AX
	CMPQ        AX, BX
	JLT         productsColumn
	ADDQ        BX, SI
	ADDQ        BX, DI
	TESTQ       R10, R10
	JZ          productsNext
	ADDQ        BX, R10

productsNext:
	DECQ CX
	JNZ  productsRow
	VZEROUPPER
	RET

// func combineAVX(dx, x, dy, y, scale, slope, offset *float32, rows, c int)
TEXT ·combineAVX(SB), NOSPLIT, $0-72
	MOVQ   dx+0(FP), R11
	MOVQ   x+8(FP), SI
	MOVQ   dy+16(FP), DI
	MOVQ   y+24(FP), R10
	MOVQ   scale+32(FP), DX
	MOVQ   slope+40(FP), R8
	MOVQ   offset+48(FP), R9
	MOVQ   rows+56(FP), CX
	MOVQ   c+64(FP), BX
	SHLQ   $2, BX
	VXORPS Y15, Y15, Y15

combineRow:
	XORQ AX, AX

combineColumn:
	VMOVUPS (DI)(AX*1), Y0
	TESTQ   R10, R10
	JZ      combineSum
	VMOVUPS (R10)(AX*1), Y1
	VCMPPS  $0x1e, Y15, Y1, Y1
	VANDPS  Y1, Y0, Y0

combineSum:
	VMOVUPS     (R9)(AX*1), Y1
	VFMADD231PS (DX)(AX*1), Y0, Y1
	VMOVUPS     (SI)(AX*1), Y2
	VFMADD231PS (R8)(AX*1), Y2, Y1
	VMOVUPS     Y1, (R11)(AX*1)
	ADDQ        $32, AX
	CMPQ        AX, BX
	JLT         combineColumn
	ADDQ        BX, SI
	ADDQ        BX, DI
	ADDQ        BX, R11
	TESTQ       R10, R10
	JZ          combineNext
	ADDQ        BX, R10

combineNext:
	DECQ CX
	JNZ  combineRow
	VZEROUPPER
	RET

// func maskAVX(dx, dy, y *float32, n int)
TEXT ·maskAVX(SB), NOSPLIT, $0-32
	MOVQ   dx+0(FP), DI
	MOVQ   dy+8(FP), SI
	MOVQ   y+16(FP), DX
	MOVQ   n+24(FP), CX
	SHLQ   $2, CX
	XORQ   AX, AX
	VXORPS Y15, Y15, Y15

maskNext:
	VMOVUPS (DX)(AX*1), Y1
	VCMPPS  $0x1e, Y15, Y1, Y1
	VANDPS  (SI)(AX*1), Y1, Y1
	VMOVUPS Y1, (DI)(AX*1)
	ADDQ    $32, AX
	CMPQ    AX, CX
	JLT     maskNext
	VZEROUPPER
	RET
